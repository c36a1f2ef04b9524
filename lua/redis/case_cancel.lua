-- A case is taken back by its user before it is decided.  What the business
-- system may have done already cannot be.
--
-- KEYS[1]  hpf:{u:UID}:case:NO
-- ARGV     step (JSON), what he says of it, sealed, or ""
--
-- Returns { 1 or 0, status }: 0 when the status does not allow it, "" when
-- there is no such case.

local open = { received = true, checking = true, supplement = true }
local c = redis.call("HMGET", KEYS[1], "status", "steps")

if not c[1] or not open[c[1]] then
    return { 0, c[1] or "" }
end

redis.call("HSET", KEYS[1], "status", "cancelled",
           "steps", c[2] .. "," .. ARGV[1])

if ARGV[2] ~= "" then
    redis.call("HSET", KEYS[1], "said", ARGV[2])
end

return { 1, "cancelled" }
