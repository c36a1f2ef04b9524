-- The back end is about to be asked about a case: from now on it stays.
--
-- KEYS[1]  hpf:{u:UID}:case:NO
--
-- Returns 1, or 0 when there is no such case any more.

if redis.call("EXISTS", KEYS[1]) == 0 then
    return 0
end

redis.call("HSET", KEYS[1], "claimed", "1")

return 1
