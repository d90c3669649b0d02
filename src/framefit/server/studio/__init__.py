"""The studio: a page to look, drag and see every target on, and the API behind it."""
