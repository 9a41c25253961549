"""Hands messages to mail servers: claims, transports, retries."""
