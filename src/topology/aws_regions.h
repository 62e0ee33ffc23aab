// The regions AWS has, so that a misspelt one is found before anything is made in it.
#pragma once

#include <string>
#include <string_view>

namespace tandem::topology {

/// True for the regions of AWS's commercial partition, in which every ARN of ours is.
bool is_aws_region(std::string_view name);
/// Why name is none, and which may have been meant: "'us-esat-1' is not a region of AWS; did you
/// mean 'us-east-1'?".
std::string not_a_region(std::string_view name);

}  // namespace tandem::topology
