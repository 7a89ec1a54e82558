"""The embedded network: small, trained once, its weights in the package. It needs no photos and no connection."""
