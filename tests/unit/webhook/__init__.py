"""The door to the outside: signatures, providers, and the function that lets requests in."""
