-- A request with an Idempotency-Key begins.
--
-- KEYS[1]  hpf:{u:UID}:idem:HASH
-- KEYS     more: hpf:{u:UID}:limit:HASH of the user's limits to be taken first
-- ARGV[1]  digest of what is asked: method, path and body
-- ARGV[2]  seconds that a first attempt may take
-- ARGV[3]  a token of this attempt
-- ARGV     more: what limit.inc.lua wants
--
-- Returns { state, four more, and what the limits answer }:
--   0  new: this attempt is the first
--   1  conflict: the key was used with something else
--   2  busy, number: a first attempt is under way; "" or its case
--   3  case, number: a first attempt ended without an answer, but had opened
--      a case
--   4  done, status, sealed answer, location, case
--   5  a limit has no room

local function begin()
    local s = redis.call("HMGET", KEYS[1], "digest", "status", "answer",
                         "location", "case", "until")
    local now = redis.call("TIME")[1] + 0

    if s[1] and s[1] ~= ARGV[1] then
        return { 1, "", "", "", "" }
    end

    if s[2] then
        return { 4, s[2], s[3], s[4] or "", s[5] or "" }
    end

    if s[1] and now < tonumber(s[6]) then
        return { 2, s[5] or "", "", "", "" }
    end

    if s[5] then
        return { 3, s[5], "", "", "" }
    end

    redis.call("HSET", KEYS[1], "digest", ARGV[1], "until", now + ARGV[2],
               "token", ARGV[3])
    redis.call("EXPIRE", KEYS[1], 86400)

    return { 0, "", "", "", "" }
end

if not KEYS[2] then
    return begin()
end

local limits = {}
local enough = limit_take(limits, KEYS, 2, #KEYS, ARGV, 4,
                          redis.call("TIME"))
local answer = enough and begin() or { 5, "", "", "", "" }

for i, number in ipairs(limits) do
    answer[i + 5] = number
end

return answer
