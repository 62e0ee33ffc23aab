#include "cli/target.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/client.h"
#include "topology/deploy.h"
#include "topology/planner.h"
#include "topology/rehearsal.h"

namespace tandem::cli {
namespace {

/// What `up` on AWS comes to: the account is looked at, a plan is made and executed.
Task<void> rehearse(topology::Rehearsal* rehearsal, topology::Topology topology) {
  topology::Cloud cloud(*rehearsal);
  json::object nothing;
  co_await cloud.call(topology.home, "sts", "GetCallerIdentity", std::move(nothing));
  topology::Wanted wanted{topology, {}, {}, ""};
  topology::Plan plan = co_await topology::make_plan(rehearsal, std::move(wanted));
  topology::Deployer::Options options;
  options.api_key = "<the common API key>";
  topology::Deployer deployer(*rehearsal, std::move(options), {});
  co_await deployer.execute(std::move(plan));
}

json::array list_of(const std::vector<std::string>& texts) {
  json::array list;
  for (const std::string& text : texts) list.push_back(json::string(text));
  return list;
}

}  // namespace

void add_target_option(CLI::App& command, std::string& target) {
  command.add_option("--target", target, "'local' (this machine), or 'aws'")
      ->check(CLI::IsMember({kLocal, kAws}))
      ->capture_default_str();
}

int rehearse_on_aws(const Common& common, const topology::Topology& topology) {
  const service::Config nowhere;
  Client client(nowhere);
  topology::Rehearsal rehearsal(topology.account);
  client.run(rehearse(&rehearsal, topology));
  if (!rehearsal.findings().empty()) {
    std::string text = "a deployment to AWS would make calls that its API does not take:";
    for (const std::string& finding : rehearsal.findings()) text += "\n  " + finding;
    throw Failure(kFailed, text, json::object{{"findings", list_of(rehearsal.findings())}});
  }
  if (common.format() == Format::kJson) {
    json::array calls;
    for (const auto& call : rehearsal.calls()) calls.push_back(topology::to_json(call));
    print_json(json::object{{"target", kAws}, {"account", topology.account}, {"calls", calls}});
    return 0;
  }
  std::string text;
  std::size_t number = 0;
  for (const auto& call : rehearsal.calls()) {
    text += fmt::format("{}. {}", ++number, topology::text_of(call));
  }
  print(text + fmt::format("{} calls to account {}, none made. Valid by the API models. <…> is "
                           "what only AWS can say.\n",
                           number, topology.account));
  return 0;
}

Failure no_deployment_to_aws() {
  return {
      kUsage,
      "deploying to AWS is not there yet: HTTPS to AWS's endpoints, its credentials and its "
      "retries are missing. 'tandem up --target aws --dry-run' prints every call it would make"};
}

}  // namespace tandem::cli
