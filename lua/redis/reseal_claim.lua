-- Who seals anew what there is, and how far it has come: one node at a time,
-- and all of it once for each key and each map of the servers.
--
-- KEYS[1]  hpf:cfg:reseal, with owner, until, want, at, renewed, and done
-- ARGV     who asks, what is wanted (suite, key, and map), the place up to
--          which he has done it, "end", or "", and how many texts were old
--          since he asked
--
-- Returns "done" when there is nothing to do, "busy" when another one does it,
-- or else the place at which to go on.  It is done when nothing old was met
-- from the first place to the last: a write may have been lost, or what was
-- passed by may have moved.

local call = redis.call
local state = call("HMGET", KEYS[1], "owner", "until", "want", "at", "renewed",
                   "done")
local now = call("TIME")[1] + 0

if state[6] == ARGV[2] then
    return "done"
end

if state[1] and state[1] ~= ARGV[1] and (state[2] or 0) + 0 > now then
    return "busy"
end

local at, renewed = "0:0", 0

if state[3] == ARGV[2] then
    at = state[4] or at
    renewed = (state[5] or 0) + ARGV[4]

    if state[1] == ARGV[1] and ARGV[3] ~= "" then
        at = ARGV[3]
    end

    if at == "end" then

        if renewed == 0 then
            call("HSET", KEYS[1], "done", ARGV[2], "until", 0)
            return "done"
        end

        at, renewed = "0:0", 0
    end
end

call("HSET", KEYS[1], "owner", ARGV[1], "until", now + 10, "want", ARGV[2],
     "at", at, "renewed", renewed)
call("HDEL", KEYS[1], "done")

return at
