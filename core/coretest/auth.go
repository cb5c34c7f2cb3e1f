package coretest

// What servers say that want a user and a password, by how they ask for them.
const (
	AuthNeeded    = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
	AuthAdobe     = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=bob&salt=pepper&challenge=dare"
	AuthLimelight = "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=bob&nonce=once"
	AuthWrong     = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=-"
)
