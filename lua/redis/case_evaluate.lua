-- A case that was decided is evaluated by its user, once.
--
-- KEYS[1]  hpf:{u:UID}:case:NO
-- ARGV[1]  sealed evaluation
--
-- Returns { 1 or 0, status }: 0 when the status does not allow it or it has
-- been evaluated, "" when there is no such case.

local status = redis.call("HGET", KEYS[1], "status") or ""

if status ~= "approved" and status ~= "rejected" then
    return { 0, status }
end

return { redis.call("HSETNX", KEYS[1], "said", ARGV[1]), status }
