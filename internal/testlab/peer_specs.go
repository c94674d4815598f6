// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package testlab

import (
	"os/exec"
	"strconv"
	"strings"
)

// spec says how a peer is started.
type spec struct {
	programs []string // the first that exists is taken
	debian   string   // package
	url      string   // format with the address
	tls      bool
	backend  string // peer that stands behind it
	config   func(*Peer) string
	extra    func(*Peer) string // a second file, called extra
	args     func(p *Peer, config string) []string
}

func (s spec) find() string {
	for _, name := range s.programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

const httpURL = "http://%s"

// expand fills a configuration: @DIR@, @ROOT@, @PORT@, @TLS@ (port), @BACK@ (address), @USER@ and @PASS@.
func expand(text string) func(*Peer) string {
	return func(p *Peer) string {
		back := ""
		if p.backend != nil {
			back = p.backend.Addr
		}
		return strings.NewReplacer(
			"@DIR@", p.Dir, "@ROOT@", p.Root, "@PORT@", strconv.Itoa(p.port), "@TLS@", strconv.Itoa(p.tlsPort),
			"@BACK@", back, "@USER@", PeerUser, "@PASS@", PeerPassword,
		).Replace(text)
	}
}

// args makes the command line, in which "@" stands for the configuration file.
func args(list ...string) func(*Peer, string) []string {
	return func(p *Peer, config string) []string {
		out := make([]string, len(list))
		for i, a := range list {
			if a == "@" {
				a = config
			}
			out[i] = expand(a)(p)
		}
		return out
	}
}

// specs are the peers by name.
var specs = map[string]spec{
	"nginx": {
		programs: []string{"nginx", "/usr/sbin/nginx"}, debian: "nginx-light", url: httpURL, tls: true,
		args: args("-p", "@DIR@", "-c", "@", "-e", "stderr"),
		config: expand(`daemon off; worker_processes 1; pid @DIR@/pid; error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off; default_type application/octet-stream; sendfile on; tcp_nopush on;
  log_format logged '$body_bytes_sent $status $uri';
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:@PORT@; listen 127.0.0.1:@TLS@ ssl http2; root @ROOT@;
    ssl_certificate @DIR@/cert.pem; ssl_certificate_key @DIR@/key.pem;
    location /noetag/ { alias @ROOT@/; etag off; }
    location /noranges/ { alias @ROOT@/; max_ranges 0; }
    location /gzip/ { alias @ROOT@/; gzip on; gzip_types *; gzip_min_length 1; }
    # Uploads: kept here, and passed on to the port in the path, with and without holding them back first.
    location /dav/ { root @DIR@; client_max_body_size 0; dav_methods PUT DELETE MKCOL; create_full_put_path on; }
    location ~ ^/buffered/(?<back>[0-9]+)(?<rest>/.*)$ {
      client_max_body_size 1m; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://127.0.0.1:$back$rest$is_args$args;
    }
    location ~ ^/unbuffered/(?<back>[0-9]+)(?<rest>/.*)$ {
      client_max_body_size 1m; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; proxy_pass http://127.0.0.1:$back$rest$is_args$args;
    }
    # What was sent is logged, at the rate of the query: bytes per second for each connection.
    location /logged/ { alias @ROOT@/; limit_rate $arg_rate; access_log @DIR@/logged.log logged; }
  }
}
`),
	},
	"apache": {
		programs: []string{"apache2", "/usr/sbin/apache2"}, debian: "apache2", url: httpURL,
		args: args("-DFOREGROUND", "-f", "@"),
		config: expand(`ServerName localhost
ServerRoot @DIR@
PidFile @DIR@/pid
DefaultRuntimeDir @DIR@
Mutex file:@DIR@ default
Listen 127.0.0.1:@PORT@
ErrorLog @DIR@/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
DocumentRoot @ROOT@
DavLockDB @DIR@/locks
Alias /dav @DIR@/dav
<Directory @DIR@/dav>
  Dav On
</Directory>
`),
	},
	"lighttpd": {
		programs: []string{"lighttpd", "/usr/sbin/lighttpd"}, debian: "lighttpd", url: httpURL,
		args: args("-D", "-f", "@"),
		// Its cache would go on serving the old version of a changed file, whole, for a while.
		config: expand(`server.document-root = "@ROOT@"
server.stat-cache-engine = "disable"
server.port = @PORT@
server.bind = "127.0.0.1"
server.errorlog = "@DIR@/error.log"
mimetype.assign = ( "" => "application/octet-stream" )
`),
	},
	"caddy": {
		programs: []string{"caddy"}, debian: "caddy", url: httpURL,
		args: args("run", "--config", "@", "--adapter", "caddyfile"),
		config: expand(`{
	admin off
	auto_https off
}
http://127.0.0.1:@PORT@ {
	bind 127.0.0.1
	root * @ROOT@
	encode gzip
	file_server
}
`),
	},
	"python": {
		programs: []string{"/usr/bin/python3", "python3"}, debian: "python3", url: httpURL,
		args:   args("-m", "http.server", "--bind", "127.0.0.1", "--directory", "@ROOT@", "@PORT@"),
		config: expand(""),
	},
	"busybox": {
		programs: []string{"busybox"}, debian: "busybox", url: httpURL,
		args:   args("httpd", "-f", "-p", "127.0.0.1:@PORT@", "-h", "@ROOT@"),
		config: expand(""),
	},
	"haproxy": {
		programs: []string{"haproxy", "/usr/sbin/haproxy"}, debian: "haproxy", url: httpURL, backend: "nginx",
		args: args("-db", "-f", "@"),
		config: expand(`global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend f
  bind 127.0.0.1:@PORT@
  default_backend b
backend b
  server s @BACK@
`),
	},
	"varnish": {
		programs: []string{"varnishd", "/usr/sbin/varnishd"}, debian: "varnish", url: httpURL, backend: "nginx",
		// Nothing is kept, so that a changed file is seen at once.
		args:   args("-F", "-j", "none", "-a", "127.0.0.1:@PORT@", "-b", "@BACK@", "-n", "@DIR@/varnish", "-s", "malloc,64m", "-t", "0", "-p", "default_grace=0"),
		config: expand(""),
	},
	"squid": {
		programs: []string{"squid", "/usr/sbin/squid"}, debian: "squid", url: authURL("http"),
		args: args("-N", "-n", "peer@PORT@", "-f", "@"),
		config: expand(`http_port 127.0.0.1:@PORT@
pid_filename @DIR@/pid
cache_log @DIR@/cache.log
access_log none
coredump_dir @DIR@
cache_mem 8 MB
cache deny all
shutdown_lifetime 0 seconds
auth_param basic program /bin/sh @DIR@/extra
auth_param basic realm peer
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
`),
		// Squid asks a program whether a user and a password fit.
		extra: expand(`while read -r line; do
  if [ "$line" = "@USER@ @PASS@" ]; then echo OK; else echo ERR; fi
done
`),
	},
	"tinyproxy": {
		programs: []string{"tinyproxy"}, debian: "tinyproxy-bin", url: authURL("http"),
		args: args("-d", "-c", "@"),
		config: expand(`Port @PORT@
Listen 127.0.0.1
Timeout 60
MaxClients 50
LogLevel Warning
BasicAuth @USER@ @PASS@
Allow 127.0.0.1
`),
	},
	"microsocks": {
		programs: []string{"microsocks"}, debian: "microsocks", url: authURL("socks5h"),
		args:   args("-i", "127.0.0.1", "-p", "@PORT@", "-u", "@USER@", "-P", "@PASS@"),
		config: expand(""),
	},
	"danted": {
		programs: []string{"danted", "/usr/sbin/danted"}, debian: "dante-server", url: "socks5://%s",
		args: args("-f", "@"),
		config: expand(`logoutput: stderr
internal: 127.0.0.1 port = @PORT@
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 127.0.0.0/8 command: connect }
`),
	},
}

func authURL(scheme string) string { return scheme + "://" + PeerUser + ":" + PeerPassword + "@%s" }
