-- Whether days that are over have been changed: what somebody has read of them and remembers holds as
-- long as this number stays the same.
--
-- It grows in each transaction that touches a row of plant_daily of an earlier day than the last on
-- which that DTU was polled before.

CREATE TABLE past_changes (
    changes  bigint   NOT NULL,
    site_id  integer  PRIMARY KEY DEFAULT 1
);
