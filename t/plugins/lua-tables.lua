-- The functions of hpf that C plugins have as tables, one for each "do" of the
-- form.

local done = hpf.metric.counter("done")
local core = hpf.metric.histogram("core")

local run = {}


function run.crypto()
    local c = hpf.crypto

    return {
        sha256 = c.hex(c.digest("sha256", "abc")),
        sm3 = c.hex(c.digest("sm3", "abc")),
        hmac = c.base64url(c.hmac("sha256", "key", "abc")),
        unhmac = c.hex(c.unbase64url(c.base64url("\1\2"))),
        base64 = c.base64("ab"),
        unbase64 = c.unbase64("YWI="),
        random = #c.random(16),
        equal = c.equal("abc", "abc"),
        unequal = c.equal("abc", "abd"),
        nothing = c.unbase64("a") or c.unhex("0g") or c.unbase64url("Z+=="),
        bytes = c.unhex("6162"),
        sealed = c.seal("note", "secret"),
    }
end


function run.open(form)
    local opened = hpf.crypto.open("note", form.sealed)
    local none, why = hpf.crypto.open("other", form.sealed)

    return { opened = opened, none = none, why = why }
end


function run.metric()
    done(2)
    done()
    core(0.0015)

    return { ok = true }
end


function run.late()
    return hpf.metric.counter("late")
end


function run.audit(form)
    return { ok = hpf.audit(form.key, form.note) }
end


function run.log()
    hpf.log.notice("one line,\nnot two")
    return { ok = true }
end


function run.redis(form)
    local argv = form.argv

    argv.ttl = form.ttl

    local reply, why = hpf.redis(argv)

    return { reply = reply, why = why }
end


function run.together()
    local length, none, first = hpf.all({ hpf.redis, { "LLEN", "l" } },
                                        { hpf.redis, { "LINDEX", "l", 9 } },
                                        { hpf.redis, { "LINDEX", "l", 0 } })

    return { length = length, none = none, first = first }
end


-- this is over its budget

function run.costly()
    local text = ("x"):rep(1048576)

    while true do
        pcall(hpf.crypto.digest, "sm3", text)
    end
end


local function handle(request)
    return run[request.form["do"]](request.form)
end

return { handle = handle }
