-- What bench/gate is compared with: a session, a limit of the user and masking
-- in nginx-lua, as such gateways are usually written.  The state is in shared
-- dictionaries, or in Redis with a command for each thing, or in Redis with
-- one script for all.

local byte = string.byte
local find = string.find
local sub = string.sub
local sessions = ngx.shared.sessions
local counts = ngx.shared.counts
local var = ngx.var

local LIMIT = 600000000         -- requests of a user a minute

local _M = {}


local function refuse(status, code)
    ngx.status = status
    ngx.header["Content-Type"] = "application/problem+json"
    ngx.print('{"type":"urn:hpf:problem:' .. code .. '","status":' .. status
              .. ',"code":"' .. code .. '"}')

    return ngx.exit(status)
end


local function token()
    local value = var.http_authorization

    if value and find(value, "Bearer ", 1, true) == 1 then
        return sub(value, 8)
    end

    return refuse(401, "session-required")
end


-- a user of nothing, for the check that limits are held

local function allowed(uid)
    return var.arg_limit and 0 or LIMIT
end


local function admit(uid, n)
    if not uid then
        return refuse(401, "session-expired")
    end

    if n > allowed(uid) then
        return refuse(429, "rate-limited")
    end

    var.user = uid
end


function _M.dict()
    local uid = sessions:get(token())
    local n = 0

    if uid then
        local window = uid .. ":" .. math.floor(ngx.now() / 60)
        n = counts:incr(window, 1, 0, 120)
    end

    return admit(uid, n)
end


-- Redis' protocol, as far as it is needed

local function send(sock, ...)
    local parts = { "*" .. select("#", ...) .. "\r\n" }

    for i = 1, select("#", ...) do
        local arg = tostring((select(i, ...)))
        parts[#parts + 1] = "$" .. #arg .. "\r\n" .. arg .. "\r\n"
    end

    return assert(sock:send(parts))
end


local function receive(sock)
    local line = assert(sock:receive())
    local kind, rest = byte(line), sub(line, 2)

    if kind == 36 then                                  -- $
        local len = tonumber(rest)

        if len < 0 then
            return nil
        end

        return sub(assert(sock:receive(len + 2)), 1, len)
    end

    if kind == 58 then                                  -- :
        return tonumber(rest)
    end

    if kind == 42 then                                  -- *
        local list = {}

        for i = 1, tonumber(rest) do
            list[i] = receive(sock) or false
        end

        return list
    end

    if kind == 45 then                                  -- -
        error(rest)
    end

    return rest
end


local function connect()
    local sock = ngx.socket.tcp()

    sock:settimeout(1000)
    assert(sock:connect("unix:" .. var.redis))

    return sock
end


function _M.redis()
    local sock = connect()
    local n = 0

    send(sock, "GET", "bench:session:" .. token())

    local uid = receive(sock)

    if uid then
        local key = "bench:count:" .. uid .. ":" .. math.floor(ngx.now() / 60)

        send(sock, "INCR", key)
        n = receive(sock)

        if n == 1 then
            send(sock, "EXPIRE", key, 120)
            receive(sock)
        end
    end

    sock:setkeepalive(60000, 100)

    return admit(uid, n)
end


function _M.script()
    local sock = connect()

    send(sock, "EVALSHA", var.script, 1, "bench:session:" .. token(),
         math.floor(ngx.now() / 60))

    local answer = receive(sock)

    sock:setkeepalive(60000, 100)

    return admit(answer[1], answer[2] or 0)
end


-- A session for the shared dictionary, as a log-in would write it.

function _M.enter()
    sessions:set(var.arg_token, var.arg_user)
    ngx.print("ok")
end


return _M
