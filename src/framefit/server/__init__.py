"""Server: one ASGI app that speaks the videos protocol on this machine."""
