CREATE TABLE slow_one (id INTEGER);
SELECT pg_sleep(11);
