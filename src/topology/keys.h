// Every key that tandem.yaml can have, in one list: the reader accepts by it, and a test compares
// it with docs/tandem-yaml.md. Private to topology/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::topology {

/// The keys of a section by its dotted name: "" for the file, "table", "regions.*".
std::vector<std::string> keys_of(std::string_view section);

/// The dotted names of all keys that hold a value: "name", "regions.*.weight", "network.ports.dns".
std::vector<std::string> all_keys();

}  // namespace tandem::topology
