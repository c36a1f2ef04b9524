-- A case goes on.  What is decided stays decided.
--
-- KEYS[1]  hpf:{u:UID}:case:NO
-- ARGV     status, step (JSON), sealed result or ""
--
-- Returns { 1 or 0, status }: 0 when the case does not take it.

local final = { approved = true, rejected = true, cancelled = true }
local status = redis.call("HGET", KEYS[1], "status")

if not status then
    return { 0, "" }
end

if final[status] then
    return { status == ARGV[1] and 1 or 0, status }
end

local steps = redis.call("HGET", KEYS[1], "steps")

redis.call("HSET", KEYS[1], "status", ARGV[1],
           "steps", steps .. "," .. ARGV[2])

if ARGV[3] ~= "" then
    redis.call("HSET", KEYS[1], "result", ARGV[3])
end

return { 1, ARGV[1] }
