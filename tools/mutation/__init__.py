"""`make mutation`: makes one small mistake at a time, and counts those that no test notices."""
