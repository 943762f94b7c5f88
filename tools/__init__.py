"""Programs for engineers: build, deploy, measure, break, look. `make help` lists them."""
