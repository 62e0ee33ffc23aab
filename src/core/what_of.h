// What an exception that was caught as a pointer says.
#pragma once

#include <exception>
#include <string>

namespace tandem::core {

/// For the log. escaped must not be null.
std::string what_of(const std::exception_ptr& escaped);

}  // namespace tandem::core
