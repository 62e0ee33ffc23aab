// The parameters a CloudFormation template declares, so that tandem.yaml can be judged by them
// before anything is begun. Private to topology/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::topology {

enum class Given { kMay, kMust };  ///< whether a value has to be given: there is no default

/// By name. Nothing when the text is no template that can be read here; what is wrong with it is
/// CloudFormation's to say.
std::optional<std::map<std::string, Given>> declared_parameters(const std::string& text);

}  // namespace tandem::topology
