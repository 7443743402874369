"""An expert's calendar: availability rules, computed slots, and occupied time."""
