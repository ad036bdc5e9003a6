<%@ page session="false" contentType="text/plain" trimDirectiveWhitespaces="true" %><%= System.getenv("BACKPOOL_ROUTE") + " " + ProcessHandle.current().pid() %>
