// The AWS SDK warns at each start that its versions of 2027 will want a newer Node. Ours is pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
