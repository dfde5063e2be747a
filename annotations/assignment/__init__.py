"""Planning of studies and scheduling of attention checks, free of Django: plain data in, plain data out."""
