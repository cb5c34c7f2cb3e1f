// Package endpoint is where to publish: a URL taken apart, where a server's request to reconnect leads from
// there, and what of it and of the words of others may be shown. Redact is the one place where secrets are
// masked.
package endpoint
