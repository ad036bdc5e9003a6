// Node's own http server; PORT and BACKPOOL_ROUTE come from the pool.
const http = require("http");
const server = http.createServer((request, answer) => {
  const body = `${process.env.BACKPOOL_ROUTE} ${process.pid}\n`;
  setTimeout(() => answer.end(body), request.url === "/slow" ? 500 : 0);
});
server.listen(process.env.PORT, "127.0.0.1");
