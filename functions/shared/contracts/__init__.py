"""The canonical events that travel on the bus, one module for what they are about; any slice may say or hear them."""
