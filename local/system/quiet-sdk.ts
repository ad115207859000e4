// The AWS SDK warns at each start that its 2027 versions will need a newer Node. Our SDK version is pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
