// Where an archive's links lead, by whatever others of them, before any of them is there. Pure.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace tandem::archive {

/// A link's path below the folder to what it says. Paths are relative, without "." and "..".
using Links = std::map<std::string, std::string>;

/// Whether the link is to be found below another one: it would be made wherever that leads.
bool lies_behind_a_link(const Links& links, const std::filesystem::path& link);

/// Whether what the link says is not below the folder, or is too long to tell. What is no link is
/// taken as a folder; circles lead nowhere. steps: how many parts of paths may still be looked at,
/// for all links together: 300,000 take a second at most.
bool leads_out(const Links& links, const std::filesystem::path& link, std::size_t& steps);

}  // namespace tandem::archive
