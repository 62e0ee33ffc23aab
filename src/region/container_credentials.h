// The address at which whoever runs in a container of AWS's asks for credentials (Amazon ECS
// Developer Guide, "IAM roles for tasks"; CodeBuild sets AWS_CONTAINER_CREDENTIALS_RELATIVE_URI):
// one for each build's room, whose network alone has it.
#pragma once

#include <string>

#include "net/http_server.h"
#include "services/codebuild/ports.h"

namespace tandem::region {

class ContainerCredentials {
 public:
  static constexpr const char* kAddress = "169.254.170.2";
  static constexpr std::uint16_t kPort = 80;

  /// Borrows options.
  ContainerCredentials(asio::any_io_executor executor, const codebuild::RoomOptions& options);

  /// A socket that listens at that address, once.
  void serve(net::Descriptor socket);
  Task<void> stop();

 private:
  static Task<net::HttpResponse> answer(ContainerCredentials* self, net::HttpRequest request);
  bool knows(const net::HttpRequest& request) const;

  const codebuild::RoomOptions& options_;
  net::HttpServer server_;
};

/// As the endpoint writes it.
std::string credentials_document(const codebuild::RoleCredentials& credentials);

}  // namespace tandem::region
