"""The one-command local run: the site, the forms and a stand-in for AWS, all on 127.0.0.1.

What runs where is read from template.yaml, so the functions meet the routes, tables, environment, headers and stream
that they would meet on AWS, and do not know that they are local.
"""
