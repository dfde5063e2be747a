"""Reading and checking what people bring in: manifests, archives, pictures. No Django, nothing is written."""
