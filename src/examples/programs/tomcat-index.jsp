<%@ page session="false" contentType="text/plain" trimDirectiveWhitespaces="true" %>
<% if (request.getServletPath().equals("/slow")) Thread.sleep(500); %>
<%= System.getenv("BACKPOOL_ROUTE") + " " + ProcessHandle.current().pid() %>
