// What would stop a deletion half-way: protected tables, buckets that are not empty, and DynamoDB's
// rule that a replica stays for a day after another was copied from it. Asked before anything is
// changed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/api.h"
#include "net/http_client.h"
#include "service/config.h"
#include "topology/losses.h"
#include "topology/topology.h"

namespace tandem::topology {

/// By region, until when its copy of the table cannot be removed (ISO 8601), as the region `asked`
/// says. Borrows. Throws NetError when it does not answer, DeployError when it answers something
/// else.
Task<std::map<std::string, std::string>> bound_copies(net::HttpClient* http,
                                                      const service::Config* config,
                                                      std::string asked, std::string table);
/// What a process answers to GET /_tandem/replicas; for bound_copies() and its test.
std::map<std::string, std::string> read_bound_copies(const json::object& replicas,
                                                     std::string_view table);

/// The regions that share the table, as the region `asked` says; none when nobody shares it. Throws
/// as bound_copies() does.
Task<std::set<std::string>> sharers_of(net::HttpClient* http, const service::Config* config,
                                       std::string asked, std::string table);

/// Why a loss that was agreed to cannot come about now, and what to do: a sentence each. Borrows.
/// Throws ApiError, and what bound_copies() throws.
Task<std::vector<std::string>> find_obstacles(aws::Api* api, net::HttpClient* http,
                                              const service::Config* config, Topology topology,
                                              std::vector<Loss> losses);

/// Of a world without an application: tables of regions that leave which others have copies of, and
/// how they are taken out first: a sentence each. Borrows api. Throws ApiError.
Task<std::vector<std::string>> shared_tables(aws::Api* api, std::vector<std::string> leaving);

}  // namespace tandem::topology
