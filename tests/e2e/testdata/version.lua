--- Tells the library's version.
print(rtmp.version)
