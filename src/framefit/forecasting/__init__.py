"""What a server would do to a picture, part by part; `framefit.checking` puts the parts together."""
