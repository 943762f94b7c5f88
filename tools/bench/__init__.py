"""`make bench`: how long things take and weigh, beside what they may."""
