-- What a chart of the plant's power is drawn from: of each inverter one row for every five minutes in
-- which it was read, written in the transaction of the readings.
--
-- Each panel is averaged first, and the panels are summed then: a poll that is missing takes a value
-- out of a mean, which leaves it about the same, and not out of a sum. A reading in which the
-- inverter has no link, or does not work, counts as 0, whatever the DTU repeats of the day before.

CREATE TABLE inverter_power (
    slot         timestamptz NOT NULL,  -- the beginning of the five minutes, counted in UTC
    inverter_id  integer     NOT NULL,
    power        real        NOT NULL,  -- W, DC, the means of its panels together
    PRIMARY KEY (slot, inverter_id)
);

INSERT INTO inverter_power (slot, inverter_id, power)
SELECT slot, inverter_id, sum(mean)
FROM (
    SELECT p.inverter_id,
           to_timestamp(floor(date_part('epoch', p.timestamp) / 300) * 300) AS slot,
           avg(CASE WHEN d.link_status = 0 OR d.operating_status = 0 THEN 0 ELSE p.pv_power END)
               AS mean
    FROM port_data AS p
    LEFT JOIN inverter_data AS d USING (inverter_id, timestamp)
    GROUP BY p.inverter_id, p.port_number, slot
) AS ports
WHERE mean IS NOT NULL
GROUP BY slot, inverter_id
ORDER BY slot, inverter_id;
