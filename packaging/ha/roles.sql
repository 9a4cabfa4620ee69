-- Run once on the primary, as postgres: psql -f /etc/patroni/roles.sql
CREATE ROLE phoihop LOGIN PASSWORD '@OFFICE_PASSWORD@';
CREATE DATABASE phoihop OWNER phoihop ENCODING UTF8 TEMPLATE template0;
CREATE ROLE monitor LOGIN PASSWORD '@MONITOR_PASSWORD@' IN ROLE pg_monitor;
