"""The staff's command line: what is open, one submission, lists for a spreadsheet, and e-mail to subscribers."""
