"""Programs that run inside a measured process; they import nothing but the standard library before the handler."""
