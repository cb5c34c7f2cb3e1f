package amf

// Get returns the value of the property with that name. If a name stands more
// than once, the last one counts, as it does for a receiver that stores one
// property after the other.
func (o Object) Get(name string) (Value, bool) {
	return get(o, name)
}

// GetString is Get for strings. It reports false if the property is of another type.
func (o Object) GetString(name string) (string, bool) {
	return getAs[string](o, name)
}

// GetNumber is Get for numbers. It reports false if the property is of another type.
func (o Object) GetNumber(name string) (float64, bool) {
	return getAs[float64](o, name)
}

// Get returns the value of the property with that name. If a name stands more
// than once, the last one counts, as it does for a receiver that stores one
// property after the other.
func (a ECMAArray) Get(name string) (Value, bool) {
	return get(a, name)
}

// GetString is Get for strings. It reports false if the property is of another type.
func (a ECMAArray) GetString(name string) (string, bool) {
	return getAs[string](a, name)
}

// GetNumber is Get for numbers. It reports false if the property is of another type.
func (a ECMAArray) GetNumber(name string) (float64, bool) {
	return getAs[float64](a, name)
}

func get(properties []Property, name string) (Value, bool) {
	for i := len(properties) - 1; i >= 0; i-- {
		if properties[i].Name == name {
			return properties[i].Value, true
		}
	}
	return nil, false
}

func getAs[T any](properties []Property, name string) (T, bool) {
	value, _ := get(properties, name)
	typed, ok := value.(T)
	return typed, ok
}
