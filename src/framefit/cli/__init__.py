"""The framefit command: one small module per command."""
