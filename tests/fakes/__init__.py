"""Small in-memory stand-ins for what is outside; they refuse what the real thing refuses."""
