"""The one-command local run: the site, the forms and a stand-in for AWS, all on 127.0.0.1.

Everything is read from template.yaml, so the functions get the routes, tables, environment, headers and stream that
they have on AWS, and need no code for the local case.
"""
