#!/bin/sh
# Tomcat in the foreground, its own files in $1, as user of the pool: tomcat.sh DATA PORT http|ajp SECRET-FILE
set -eu
export CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE=$1
mkdir -p "$1/conf" "$1/logs" "$1/temp" "$1/work" "$1/webapps/ROOT/WEB-INF"
cp tomcat-index.jsp "$1/webapps/ROOT/index.jsp"
cp tomcat-web.xml "$1/webapps/ROOT/WEB-INF/web.xml"
case $3 in
    http) connector="protocol=\"HTTP/1.1\" keepAliveTimeout=\"20000\"" ;;
    ajp) connector="protocol=\"AJP/1.3\" secret=\"$(cat "$4")\"" ;;
esac
umask 077
cat > "$1/conf/server.xml" <<END
<Server port="-1"><Service name="Catalina">
  <Connector port="$2" address="127.0.0.1" $connector/>
  <Engine name="Catalina" defaultHost="localhost" jvmRoute="$BACKPOOL_ROUTE">
    <Host name="localhost" appBase="webapps" autoDeploy="false"/>
  </Engine>
</Service></Server>
END
cp /etc/tomcat10/web.xml "$1/conf/"
exec "$CATALINA_HOME/bin/catalina.sh" run
