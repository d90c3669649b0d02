"""Videos: the protocol of `/v1/videos`, its client, and the embedded renderer."""
