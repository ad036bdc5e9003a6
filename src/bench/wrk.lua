-- For bin/bench: what to send comes in the environment; what came of it is one line that begins
-- with BENCH (microseconds; wrk itself prints no p99.9).
wrk.method = os.getenv("BENCH_METHOD") or "GET"

local size = tonumber(os.getenv("BENCH_BODY") or "0")
if size > 0 then
    wrk.body = string.rep("x", size)
end

-- Each thread asks the next port.
local ports = {}
for port in string.gmatch(os.getenv("BENCH_PORTS") or "", "%d+") do
    table.insert(ports, port)
end
local threads = 0

function setup(thread)
    if #ports > 0 then
        thread.addr = wrk.lookup("127.0.0.1", ports[threads % #ports + 1])[1]
        threads = threads + 1
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("BENCH %d %d %d %d %d %d %d\n",
        summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
