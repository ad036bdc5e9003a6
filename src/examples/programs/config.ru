# Rack application of the examples: Puma.
run(lambda do |env|
  sleep 0.5 if env["PATH_INFO"] == "/slow"
  [200, {"content-type" => "text/plain"}, ["#{ENV["BACKPOOL_ROUTE"]} #{Process.pid}\n"]]
end)
