"""The gateway: a Videos API server in front of another one, which fits every reference picture on its way."""
