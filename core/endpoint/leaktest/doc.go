// Package leaktest finds secrets in texts, in all the forms in which a server may repeat them. It is for tests.
package leaktest
